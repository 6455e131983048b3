/** Binary values in JSON: a text of U+0000 and base64 (Advanced Profile, "Binary support in JSON"). */

/** What such a text begins with. */
export const binaryMarker = '\0';

const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** Whether a text, without the marker, is base64. If it is not, it was meant as a text, marker and all. */
export const isBase64 = (text: string): boolean => base64.test(text);
