import type { Route } from "../../routes.ts";
import { fingerprint, keyType } from "../keys.ts";
import type { AuthentikState, Certificate } from "../state.ts";
import type { Version } from "../versions.ts";
import { containing, exactly } from "./lists.ts";
import { routesOf } from "./resource.ts";

export function certificateRoutes(state: AuthentikState, version: Version): Route[] {
  return routesOf<Certificate>(
    {
      path: "/crypto/certificatekeypairs/",
      key: "pk",
      model: "CertificateKeyPair",
      rows: () => state.certificates,
      show: (certificate) => shown(version, certificate),
      filters: {
        name: exactly("name"),
        managed: exactly("managed"),
        search: containing("name"),
        has_key: ({ privateKey }, value) => (privateKey !== undefined) === (value === "true"),
        key_type: (certificate, value) => keyType(certificate) === value,
      },
      order: "name",
    },
    version,
  );
}

function shown(version: Version, certificate: Certificate): object {
  const { pk, name, managed, privateKey } = certificate;
  const type = keyType(certificate);
  return version.trimmed("certificate", {
    pk,
    name,
    fingerprint_sha256: fingerprint(certificate, "sha256"),
    fingerprint_sha1: fingerprint(certificate, "sha1"),
    cert_expiry: "2036-01-01T00:00:00Z",
    cert_subject: `OU=Self-signed,O=authentik,CN=${name}`,
    private_key_available: privateKey !== undefined,
    key_type: type,
    private_key_type: type,
    certificate_download_url: `/api/v3/crypto/certificatekeypairs/${pk}/view_certificate/?download`,
    private_key_download_url: `/api/v3/crypto/certificatekeypairs/${pk}/view_private_key/?download`,
    managed,
  });
}
