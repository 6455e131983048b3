/**
 * The page at `/`: what runs here and how to connect, as one HTML text without scripts. What must live here: words and
 * their order. What must not: looks (`page-style.ts`), and any text that has not gone through `escapeHtml`.
 */

import { createHash } from 'node:crypto';
import type { SurfaceFacts } from './facts.ts';
import { escapeHtml, toLiteral } from './html.ts';
import { pageStyle } from './page-style.ts';

/** The source expression that allows the style of the page, and no other. */
export const pageStyleHash = `sha256-${createHash('sha256').update(pageStyle).digest('base64')}`;

const units: readonly (readonly [seconds: number, name: string])[] = [
  [86_400, 'day'],
  [3_600, 'hour'],
  [60, 'minute'],
  [1, 'second'],
];

/** A span of time as people say it: the largest unit that fits, and the next one. */
export const describeSpan = (ms: number): string => {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  const first = Math.max(
    0,
    units.findIndex(([length]) => seconds >= length),
  );
  const isShort = seconds < 60;
  const parts = (isShort ? units.slice(-1) : units.slice(first, first + 2)).map(([length, name], at) => {
    const amount = Math.floor((at === 0 ? seconds : seconds % (units[first]?.[0] ?? 1)) / length);
    return { amount, words: `${amount} ${name}${amount === 1 ? '' : 's'}` };
  });
  return parts
    .filter(({ amount }, at) => at === 0 || amount > 0)
    .map(({ words }) => words)
    .join(', ');
};

/** The postmark: two rings, a name between them, waves of the canceller. */
const mark = `<svg viewBox="0 0 120 80" fill="none" stroke="currentColor" stroke-width="2" aria-hidden="true">
<circle cx="40" cy="40" r="36"/><circle cx="40" cy="40" r="25"/>
<path d="M28 46v-14l12 9 12-9v14z" stroke-linejoin="round"/>
<path d="M80 22q5-5 10 0t10 0 10 0M80 34q5-5 10 0t10 0 10 0M80 46q5-5 10 0t10 0 10 0M80 58q5-5 10 0t10 0 10 0"/></svg>`;

const row = (term: string, ...descriptions: readonly string[]): string =>
  `<dt>${escapeHtml(term)}</dt>${descriptions.map((text) => `<dd>${text}</dd>`).join('')}`;
const code = (text: string): string => `<code>${escapeHtml(text)}</code>`;

/** One line of the example: code, and what it says as a comment. */
const exampleLine = (message: readonly unknown[], comment: string): string => {
  const elements = message.map((element) =>
    typeof element === 'string'
      ? `<span class="t">${escapeHtml(toLiteral(element))}</span>`
      : escapeHtml(toLiteral(element)),
  );
  return `  send([${elements.join(', ')}]); <span class="c">// ${escapeHtml(comment)}</span>`;
};

const exampleOf = ({ example }: SurfaceFacts, url: string): string => {
  const topic = 'http://example.com/news';
  const answer = example && ` → ${JSON.stringify(example.result)}`;
  const calls = example ? [exampleLine([2, 'call-1', example.procedure, ...example.args], `CALL${answer}`)] : [];
  return [
    `const socket = new WebSocket(<span class="t">${escapeHtml(toLiteral(url))}</span>, <span class="t">'wamp'</span>);`,
    'const send = (message) =&gt; socket.send(JSON.stringify(message));',
    'socket.onmessage = ({ data }) =&gt; console.log(data);',
    'socket.onopen = () =&gt; {',
    exampleLine([5, topic], 'SUBSCRIBE'),
    exampleLine([7, topic, 'hello'], 'PUBLISH'),
    ...calls,
    '};',
  ].join('\n');
};

const access = (isOpen: boolean): string =>
  isOpen
    ? 'Open: peers publish, subscribe and call without authenticating.'
    : 'Peers authenticate before they publish and subscribe, or do what anonymous ones may.';

const countsOf = (facts: SurfaceFacts): string => {
  const { connections, sessions, topics, procedures } = facts.counts();
  const count = (name: string, value: number): string =>
    `<div><dt>${name}</dt><dd>${value.toLocaleString('en')}</dd></div>`;
  return [
    count('connections', connections),
    count('sessions', sessions),
    count('topics', topics),
    count('procedures', procedures),
  ].join('');
};

const chartOf = ({ chart }: SurfaceFacts): string =>
  chart
    ? `<section><h2>Every connection is a state machine</h2>
<p>This is the chart that each of them runs: what a peer may say in which state, and what follows from it.</p>
<figure><a href="/connection.svg"><img src="/connection.svg" alt="State chart of a connection: welcome, authreq, challenged, authenticated, closing, closed" loading="lazy"></a></figure></section>`
    : '';

/** Renders the page. `url` is the URL of the WebSocket as the visitor reaches it. */
export const renderPage = (facts: SurfaceFacts, url: string): string => {
  const state = facts.state();
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Postmaster: ${escapeHtml(state)}</title>
<style>${pageStyle}</style>
</head>
<body>
<main>
<header>
<div>
<h1>Postmaster <small>${escapeHtml(facts.version)}</small></h1>
<p class="lead">A WAMP message broker: publish, subscribe and call over one WebSocket.</p>
<div class="state ${state === 'listening' ? 'listening' : 'other'}">${escapeHtml(state)} <span>for ${escapeHtml(describeSpan(facts.uptime()))}</span></div>
</div>
<div class="mark">${mark}</div>
</header>
<dl class="counts">${countsOf(facts)}</dl>
<section>
<h2>Connect</h2>
<dl class="rows">
${row('WebSocket', code(url))}
${row('Subprotocols', `${facts.subprotocols.map(code).join(', ')} (WAMP v2)`, `${code('wamp')} (WAMP v1, JSON)`)}
${row(facts.realms.length === 1 ? 'Realm' : 'Realms', facts.realms.map(code).join(', '))}
${row('Access', escapeHtml(access(facts.isOpen)))}
</dl>
<p>Paste this into the console of this page; it prints WELCOME, the event${facts.example ? ' and the result' : ''}:</p>
<pre tabindex="0">${exampleOf(facts, url)}</pre>
<p class="note">Node.js 22 and newer have the same WebSocket; older ones get it from the package <code>ws</code>.</p>
</section>
${chartOf(facts)}
<footer><span>Counts as of the moment this page was loaded.</span><span><a href="/healthz">healthz</a><a href="/readyz">readyz</a></span></footer>
</main>
</body>
</html>
`;
};
