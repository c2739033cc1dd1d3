/** Authentik's token goes to Authentik's own container only (T8). */

import { allowedAddresses } from "../../../../src/clients/authentik/lookup.ts";
import { ServiceError } from "../../../../src/core/errors.ts";
import { lookupParts } from "../../../../src/sources/authentik-lookup.ts";
import { createDockerSource } from "../../../../src/sources/docker/source.ts";
import { createListing } from "../../../../src/sources/listing.ts";
import { addressOf, answering, type Container, dockerOf } from "../../../unit/authority/engine.ts";
import { configOf } from "../../../unit/authority/household.ts";
import { each, type Row } from "./row.ts";
import { type About, composed, container } from "./scene.ts";

/** cfauth is on both. Docker asks the networks in the order of their names. */
const NETWORKS = ["api", "tunnel"];

const OWN = composed("authentik", "authentik-server", { networks: ["tunnel"], ports: [9000] });

/** The addresses that a request with the token reaches, or the code of the error that stops it. */
async function sentTo(
  running: readonly Container[],
  url: string,
  settings: Readonly<Record<string, string>>,
): Promise<readonly string[]> {
  const { authentik } = configOf({ AUTHENTIK_API_URL: url, ...settings });
  const source = createDockerSource({ docker: dockerOf(() => running), log: { debug: () => {} } });
  const parts = lookupParts(authentik, { listing: createListing(source, () => 0), machine: "" });
  if (parts === undefined) return ["the system's own way"];
  const resolve = async (host: string) => answering(running, NETWORKS, host).addresses;
  try {
    return await allowedAddresses({ ...parts, resolve, isNear: () => true });
  } catch (error) {
    if (error instanceof ServiceError) return [error.code];
    throw error;
  }
}

const stranger = (name: string, about: About): Container =>
  container(name, { networks: ["api"], ...about });

const STRANGERS: readonly {
  readonly input: string;
  readonly running: readonly Container[];
  readonly url?: string;
  readonly settings?: Readonly<Record<string, string>>;
}[] = [
  {
    input: "an alias on the network that Docker asks first",
    running: [OWN, stranger("evil", { aliases: ["authentik-server"] })],
  },
  {
    input: "an alias on Authentik's own network",
    running: [OWN, stranger("evil", { aliases: ["authentik-server"], networks: ["tunnel"] })],
  },
  {
    input: "an alias while Authentik is stopped",
    running: [stranger("evil", { aliases: ["authentik-server"] })],
  },
  {
    input: "a Compose service of that name",
    running: [OWN, composed("evil", "authentik-server", { networks: ["api"] })],
  },
  {
    input: "a Compose service of that name while Authentik is stopped",
    running: [composed("evil", "web", { networks: ["api"], aliases: ["authentik-server"] })],
  },
  { input: "a container of that name", running: [OWN, stranger("authentik-server", {})] },
  {
    input: "an alias that includes the network's name",
    running: [OWN, stranger("evil", { aliases: ["authentik-server.tunnel"] })],
    url: "http://authentik-server.tunnel:9000",
  },
  {
    input: "an alias equal to the container in the setting",
    running: [OWN, stranger("evil", { aliases: ["authentik-authentik-server-1"] })],
    url: "http://authentik-authentik-server-1:9000",
    settings: { CFAUTH_AUTHENTIK_CONTAINER: "authentik-authentik-server-1" },
  },
];

const strangers: readonly Row[] = each(
  STRANGERS,
  ({ input, running, url = "http://authentik-server:9000", settings = {} }): Row => ({
    threat: "T8",
    input: `a stranger with ${input} receives nothing`,
    outcome: async () => {
      const [own, sent] = [addressOf(OWN, "tunnel"), await sentTo(running, url, settings)];
      return sent.filter((address) => address !== own && !address.startsWith("CFA-"));
    },
    right: [],
  }),
);

const certain: readonly Row[] = [
  {
    threat: "T8",
    input:
      "a stranger's alias does not stop the container in CFAUTH_AUTHENTIK_CONTAINER from receiving the token",
    outcome: () =>
      sentTo(
        [OWN, stranger("evil", { aliases: ["authentik-server"] })],
        "http://authentik-server:9000",
        {
          CFAUTH_AUTHENTIK_CONTAINER: "authentik-authentik-server-1",
        },
      ),
    right: [addressOf(OWN, "tunnel")],
  },
  {
    threat: "T8",
    input: "without a stranger Authentik's container receives the token",
    outcome: () => sentTo([OWN, container("evil")], "http://authentik-server:9000", {}),
    right: [addressOf(OWN, "tunnel")],
  },
];

export const TOKEN_ROWS = [...strangers, ...certain];
