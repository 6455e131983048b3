/** `npm run reference`: writes CONFIG.md anew. */

import { writeFileSync } from 'node:fs';
import { createReference } from './reference.ts';

writeFileSync('CONFIG.md', createReference());
