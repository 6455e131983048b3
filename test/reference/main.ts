/** `npm run reference`: writes CONFIG.md and API.md again. */

import { writeFileSync } from 'node:fs';
import { createApi } from './api.ts';
import { createReference } from './reference.ts';

writeFileSync('CONFIG.md', createReference());
writeFileSync('API.md', createApi());
