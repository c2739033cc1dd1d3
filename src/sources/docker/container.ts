import { z } from "zod";

/**
 * A container in the answer to GET /containers/json, as far as it is read. What is missing or of another type makes the whole
 * answer a fault: half a list would look like containers that stopped. `null` is Go's empty map or list.
 */
export const ListedContainer = z.looseObject({
  Id: z.string().min(1),
  Names: z.array(z.string()).min(1),
  /** Names the content of its image: `sha256:…`. */
  ImageID: z.string().optional(),
  /** Seconds since 1970. */
  Created: z.number(),
  State: z.string(),
  /** For people: `Up 5 minutes (healthy)`. */
  Status: z.string(),
  Labels: z.record(z.string(), z.string()).nullable(),
  Ports: z
    .array(
      z.looseObject({
        IP: z.string().optional(),
        PrivatePort: z.int(),
        PublicPort: z.int().optional(),
        Type: z.string(),
      }),
    )
    .nullable(),
  NetworkSettings: z.looseObject({
    Networks: z.record(z.string(), z.looseObject({ IPAddress: z.string() })).nullable(),
  }),
  /** Since API 1.52. */
  Health: z.looseObject({ Status: z.string() }).nullish(),
  /** Of cfauth's own client: how many labels were left out because there was no room for them. */
  Unread: z.looseObject({ Labels: z.int().optional() }).optional(),
});

export type ListedContainer = z.infer<typeof ListedContainer>;
