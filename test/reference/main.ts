/** `npm run reference`: writes CONFIG.md again. */

import { writeFileSync } from 'node:fs';
import { createReference } from './reference.ts';

writeFileSync('CONFIG.md', createReference());
