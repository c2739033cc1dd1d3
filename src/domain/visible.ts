/** Signs that steer a terminal, or turn the direction of what follows. */
const STEERING = /[\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** The same text with a sign of its own for each that could make a reader see something else. Names come from strangers' containers. */
export const visible = (text: string): string => text.replace(STEERING, "�");
