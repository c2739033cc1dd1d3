# Override these base images if their registries cannot be reached.
ARG BUILDER=node:24-bookworm-slim
ARG RUNTIME=gcr.io/distroless/nodejs24-debian12:nonroot

FROM ${BUILDER} AS build
WORKDIR /build
COPY package.json package-lock.json ./
# Nothing that is bundled needs an install script, so none runs. Versions and hashes come from the lock file, as with
# `npm ci`. But `npm ci` rejects a lock file that lacks optional binaries for platforms other than the one that wrote it.
RUN npm install --no-save --ignore-scripts --no-audit --no-fund
COPY tsconfig.json ./
COPY tools tools
COPY src src
# The final stage has no shell, so everything that it needs besides the bundle is prepared here. The command on the PATH is
# a link to an .mjs file: for a file without an extension, Node needs 18 MB and a second parse to detect that it is a module.
RUN npm run build -- --shebang=/nodejs/bin/node --outfile=/out/lib/cfauth.mjs \
 && mkdir -p /out/bin /out/run/cfauth \
 && ln -s ../lib/cfauth.mjs /out/bin/cfauth

FROM ${RUNTIME}
ARG RUNTIME
ARG VERSION=0.0.0-dev
ARG REVISION=unknown
ARG CREATED=1970-01-01T00:00:00Z
LABEL org.opencontainers.image.title="cfauth" \
      org.opencontainers.image.description="One Docker label gives a container a public hostname on a Cloudflare Tunnel that only Authentik logins pass." \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.vendor="cfauth" \
      org.opencontainers.image.url="https://github.com/cfauth/cfauth" \
      org.opencontainers.image.source="https://github.com/cfauth/cfauth" \
      org.opencontainers.image.documentation="https://github.com/cfauth/cfauth#readme" \
      org.opencontainers.image.base.name="${RUNTIME}" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}"
COPY --from=build /out/lib/ /usr/local/lib/
COPY --from=build /out/bin/ /usr/local/bin/
# CFAUTH_TUNNEL_TOKEN_FILE may point here. A named volume mounted here belongs to cfauth's user, as this folder does.
COPY --from=build --chown=65532:65532 /out/run/ /run/
# When bundled, the Docker client library parses addresses in a way that Node warns about. A user cannot fix that.
ENV PATH=/usr/local/bin:/nodejs/bin \
    NODE_ENV=production \
    NODE_OPTIONS=--disable-warning=DEP0169
USER 65532:65532
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=10s --start-period=30s --retries=3 CMD ["cfauth", "healthcheck"]
ENTRYPOINT ["cfauth"]
