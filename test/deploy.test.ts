import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { PostmasterOptions } from '../src/index.ts';
import { blockBehind, blocksIn } from './support/documents.ts';
import { startOpenRouter } from './support/router.ts';
import { connectV1 } from './support/v1-client.ts';

describe('DEPLOY.md', () => {
  test('has a config for a proxy, behind which a page of the site connects under the address of its peer', async () => {
    const block = blockBehind('DEPLOY.md', 'A test connects with this config', 'yaml');
    const settings = parse(block) as Partial<PostmasterOptions>;
    const { url, postmaster } = await startOpenRouter(settings);
    const headers = {
      Host: 'router.example',
      Origin: 'https://router.example',
      'X-Forwarded-For': '203.0.113.5',
      'X-Forwarded-Proto': 'https',
    };
    await (await connectV1(url, { headers })).barrier();
    expect([...postmaster.connections()][0]).toMatchObject({ remoteAddress: '203.0.113.5' });
  });

  test('starts the program that the package has, in the container and in the unit', () => {
    const { bin } = JSON.parse(readFileSync('package.json', 'utf8')) as {
      readonly bin: { readonly postmaster: string };
    };
    const program = bin.postmaster.replace('./', '');
    const blocks = blocksIn(readFileSync('DEPLOY.md', 'utf8'));
    for (const language of ['dockerfile', 'ini']) {
      expect(blocks.find((block) => block.language === language)?.code).toContain(program);
    }
  });
});
