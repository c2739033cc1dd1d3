import { z } from "zod";
import type { Docker } from "../../clients/docker/docker.ts";
import { ServiceError } from "../../core/errors.ts";
import type { Identity } from "../source.ts";

const Info = z.looseObject({ ID: z.string().optional(), ServerVersion: z.string() });

/**
 * Reads the engine's id and version. It asks twice because Podman invents a new id for each
 * response (pkg/api/handlers/compat/info.go, checked 2026-11). An owner derived from such an id
 * would not recognise its own objects after a restart.
 */
export async function identityOf(docker: Docker): Promise<Identity> {
  const [first, second] = [await docker.info(Info), await docker.info(Info)];
  if (first.ID === undefined || first.ID === "" || first.ID !== second.ID) throw noLastingIdError();
  return { id: first.ID, version: first.ServerVersion };
}

const noLastingIdError = (): ServiceError =>
  new ServiceError({
    service: "docker",
    code: "CFA-DOCKER-UNREACHABLE",
    message:
      "the engine has no lasting id (Podman invents a new one each time), so cfauth cannot recognise its own objects by it",
    fix: "set CFAUTH_OWNER to a name for this installation, such as home-nas",
    transient: false,
  });
