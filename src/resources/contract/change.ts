/** Creates one object. */
export interface CreateChange<K extends string, Desired> {
  readonly kind: K;
  readonly action: "create";
  /** The same for two changes that are one: a policy that two routes want. */
  readonly key: string;
  /** The hostname or name that people know the object by. */
  readonly subject: string;
  readonly desired: Desired;
}

/** Changes one object in place. */
export interface UpdateChange<K extends string, Existing, Desired> {
  readonly kind: K;
  readonly action: "update";
  readonly key: string;
  readonly subject: string;
  readonly existing: Existing;
  readonly desired: Desired;
}

/** Deletes one object. */
export interface DeleteChange<K extends string, Existing> {
  readonly kind: K;
  readonly action: "delete";
  readonly key: string;
  readonly subject: string;
  readonly existing: Existing;
}

/** The three changes that nearly every kind of object has. */
export type CrudChange<K extends string, Existing, Desired> =
  | CreateChange<K, Desired>
  | UpdateChange<K, Existing, Desired>
  | DeleteChange<K, Existing>;
