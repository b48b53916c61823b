# syntax=docker/dockerfile:1
# Who runs it: docs/first-week.md, "In a container". .dockerignore lets in only what is copied here.

FROM node:24.21.0-trixie-slim AS build
WORKDIR /build
COPY package.json package-lock.json .npmrc tsconfig.json tsconfig.build.json ./
# Without scripts: nothing has to be compiled, and none may fetch anything else.
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY src src
COPY schemas schemas
RUN npm run build \
 && npm prune --omit=dev --ignore-scripts --no-audit --no-fund

FROM node:24.21.0-trixie-slim
LABEL org.opencontainers.image.title="listingstream" \
      org.opencontainers.image.description="Publishes every change of the listings behind a Spark API to Kafka" \
      org.opencontainers.image.licenses="MIT"
COPY --from=build /build/package.json /app/package.json
COPY --from=build /build/node_modules /app/node_modules
COPY --from=build /build/schemas /app/schemas
COPY --from=build /build/dist /app/dist
COPY page /app/page
COPY LICENSE CHANGELOG.md /app/
RUN ln -s /app/dist/cli/main.js /usr/local/bin/listingstream \
 && mkdir -p /data /etc/listingstream \
 && chown 1000:1000 /data \
 && chmod 700 /data
# The key index, and nothing else, is written: the root may be read-only.
ENV NODE_ENV=production \
    NODE_DISABLE_COMPILE_CACHE=1 \
    DATA_DIR=/data \
    HTTP_HOST=0.0.0.0
# listingstream.config.json, if there is one, is read from here.
WORKDIR /etc/listingstream
VOLUME /data
# `node`, by its number: Kubernetes has to see that it is not root.
USER 1000:1000
EXPOSE 8080
STOPSIGNAL SIGTERM
# Alive, not ready: a feed that waits for Kafka must not be restarted for it.
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + (process.env.HTTP_PORT || 8080) + '/livez').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "/app/dist/cli/main.js"]
CMD ["run"]
