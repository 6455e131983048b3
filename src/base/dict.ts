/** Dictionaries as they come from the wire. */

/** A dictionary: values by name. Read only. */
export type Dict = Readonly<Record<string, unknown>>;

/** Whether `value` is a dictionary: an object that is no list and no binary string. */
export const isDict = (value: unknown): value is Dict =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);

/** Whether there is no value: null or undefined. */
export const isMissing = (value: unknown): value is null | undefined => value === undefined || value === null;

/** Whether `dict` has no entries. */
export const isEmpty = (dict: Dict): boolean => {
  for (const _ in dict) return false;
  return true;
};

/** Whether `dict` is given and has entries. Empty keyword arguments count as none (Basic Profile, "Messages"). */
export const hasEntries = (dict: Dict | undefined): dict is Dict => dict !== undefined && !isEmpty(dict);

/** `dict` without the entries that are null, since null means not given. Returns the same object when it has none. */
export const withoutNulls = (dict: Dict): Dict => {
  for (const name in dict) {
    if (dict[name] === null) return Object.fromEntries(Object.entries(dict).filter(([, value]) => value !== null));
  }
  return dict;
};

/** Empty details. Shared, and therefore frozen. */
export const noDetails: Readonly<Record<string, unknown>> = Object.freeze({});
