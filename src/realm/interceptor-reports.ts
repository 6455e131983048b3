/** What is logged and counted about the interceptors of a realm. */

import type { Report } from '../base/report.ts';
import type { StageOptions } from '../interceptor/stage.ts';

/** The callbacks for the pipeline of the realm `name`. */
export const reportsOfInterceptors = (name: string, report: Report): Omit<StageOptions, 'now' | 'realm'> => ({
  onRefusal: (fault, isFirst) => {
    if (isFirst)
      report.warn(
        'interceptor_refused',
        { realm: name, fault },
        `a value that an interceptor emitted is dropped: ${fault}`,
      );
    else report.count('interceptor_refused');
  },
  onFailure: (error) =>
    report.error('interceptor_failed', { err: error, realm: name }, 'an interceptor failed and is restarted'),
  onDrop: () =>
    report.warn(
      'interceptor_closed',
      { realm: name },
      'a publication is dropped: an interceptor on its way has completed',
    ),
  onComplete: () =>
    report.info({ realm: name }, 'an interceptor completed: the publications that it would receive are dropped'),
});
