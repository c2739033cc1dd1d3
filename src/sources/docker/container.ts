import { z } from "zod";

/**
 * The fields that cfauth reads of a container in the response to GET /containers/json. A missing
 * field or a wrong type makes the whole response invalid, because half a list would look like
 * containers that stopped. `null` is Go's empty map or list.
 */
export const ListedContainer = z.looseObject({
  Id: z.string().min(1),
  Names: z.array(z.string()).min(1),
  /** The id of the image's content: `sha256:…`. */
  ImageID: z.string().optional(),
  /** Seconds since 1970. */
  Created: z.number(),
  State: z.string(),
  /** Text for people: `Up 5 minutes (healthy)`. */
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
  /** Added by cfauth's client: how many labels it left out because they exceeded the limits. */
  Unread: z.looseObject({ Labels: z.int().optional() }).optional(),
});

export type ListedContainer = z.infer<typeof ListedContainer>;
