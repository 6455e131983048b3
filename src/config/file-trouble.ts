/** Says why a file cannot be used, for messages to the user who named it. */

const causes: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'permission is denied',
  EISDIR: 'it is a directory',
};

/** Why a file cannot be read, in words. */
export const fileTrouble = (error: unknown): string => {
  const { code, message } = error as NodeJS.ErrnoException;
  return causes[code ?? ''] ?? message;
};
