/** Tells the operator that a certificate is about to expire, while there is time. */

import { X509Certificate } from 'node:crypto';

import type { Logger } from 'pino';

const day = 24 * 60 * 60 * 1000;
/** ms before a certificate expires from which on the operator is warned. */
const notice = 14 * day;

/** Warns now and every day while a certificate in `pem`, which was read from `file`, expires within 14 days or has expired. */
export const watchExpiry = (file: string, pem: string | Buffer, logger: Logger): void => {
  const parts = String(pem).match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? [];
  const certificates = parts.map((part) => new X509Certificate(part));
  const look = (): void => {
    for (const { subject, validTo } of certificates) {
      const left = Date.parse(validTo) - Date.now();
      if (left > notice) continue;
      const when = left > 0 ? `expires in ${Math.floor(left / day)} days` : 'has expired';
      logger.warn({ file, subject, validTo }, `a certificate ${when}: peers will not connect without a new one`);
    }
  };
  look();
  setInterval(look, day).unref();
};
