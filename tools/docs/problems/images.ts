import { ignoredImageLabels } from "../../../src/core/labels/image.ts";
import { decoded, workload } from "../../../test/support/builders.ts";
import { type Entry, type Said, SHUT_OR_KEPT, yaml } from "./entry.ts";

const SETTINGS = { prefix: "cfauth", reads: [] };

/** What cfauth says of a container whose image carries these labels, beside a hostname that the operator wrote. */
const carrying = (...names: readonly string[]): readonly Said[] =>
  ignoredImageLabels(
    [
      workload(
        { "cfauth.hostname": "wiki.example.com" },
        { name: "wiki", imageLabels: { kind: "ignored", names } },
      ),
    ],
    SETTINGS,
  );

/** What cfauth says of labels that may be the image's. */
const uninspected = (labels: Readonly<Record<string, string>>): readonly Said[] =>
  decoded([
    workload(
      { "cfauth.hostname": "wiki.example.com", ...labels },
      {
        name: "wiki",
        imageLabels: {
          kind: "unknown",
          why: "the socket proxy at tcp://socket-proxy:2375 refuses GET /images/<id>/json (403)",
        },
      },
    ),
  ]).problems;

export const ofImages = {
  "CFA-IMAGE-LABEL": {
    says: () => [
      ...carrying("cfauth.access"),
      ...carrying("cfauth.access", "cfauth.app.name"),
      ...carrying("homepage.name"),
    ],
    so: "The image of a container carries labels that cfauth reads. Docker lists them among the container's own; cfauth asks for the image's and ignores each label whose name and value are the image's.",
    goesOn: true,
    why: "with the labels that the operator wrote. An update of an image must not make a page public, claim a hostname or put a container into another project.",
    mend: [
      "Write on the container what you mean. A label that repeats the image's very value cannot be told from it, so give the route a name:",
      yaml(
        "    labels:",
        "      cfauth.own.hostname: wiki.example.com",
        "      cfauth.own.access: public",
      ),
      "`CFAUTH_IMAGE_LABELS=true` obeys the labels of every image on this machine: for people who build all of them themselves.",
    ],
    effect:
      "What only the image asked for is not opened. What the operator's labels ask for is as they say.",
  },
  "CFA-IMAGE-UNKNOWN": {
    says: () => [
      ...uninspected({ "cfauth.access": "public" }),
      ...uninspected({ "cfauth.access.bypass": "/hooks", "cfauth.adopt": "true" }),
    ],
    so: "cfauth could not inspect the container's image, so a label may be the image's. Labels that let people in without a login (`access=public`, `access.bypass`, `access.service-tokens`, `access.policies`), adopt objects, share a hostname or point away from the container are not obeyed then. Other labels are.",
    why: "The author of an image must not decide that a page is public.",
    mend: [
      "Let the socket proxy permit `GET /images/<id>/json`: rules for three proxies are in [security.md](security.md#docker). cfauth asks again within minutes; a restart asks at once.",
      "Or set `CFAUTH_IMAGE_LABELS=true`, which obeys the labels of every image on this machine.",
    ],
    effect: SHUT_OR_KEPT,
  },
} as const satisfies Readonly<Record<string, Entry>>;
