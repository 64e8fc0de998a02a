# Debian, not Alpine: the embedded PostgreSQL is built against glibc.
FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY nest-cli.json tsconfig.json tsconfig.build.json ./
COPY src ./src
COPY web ./web
RUN npm run build

FROM node:24-bookworm-slim AS production
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --no-audit --no-fund && npm cache clean --force
COPY --from=build /app/dist ./dist
# Runs the PostgreSQL binaries once: a base image that lacks a library fails here, not at the user's. Makes the links to
# their libraries too where npm was told not to, since the user below cannot write to node_modules.
RUN node -e "import('/app/dist/persistence/embedded/postgres-binaries.js').then((it) => console.log(it.findBinaries()))"

FROM node:24-bookworm-slim
LABEL org.opencontainers.image.title="Tapeline" \
  org.opencontainers.image.description="Self-hosted, real-time crypto trade tape" \
  org.opencontainers.image.licenses="MIT"
ENV NODE_ENV=production \
  HOST=0.0.0.0 \
  PORT=3000 \
  DATA_DIR=/data
WORKDIR /app
COPY --from=production /app ./
RUN install --directory --owner=node --group=node --mode=0700 /data
# node; as a number, so that Kubernetes can tell that it is not root.
USER 1000:1000
VOLUME /data
EXPOSE 3000
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + process.env.PORT + '/health/live').then((it) => process.exit(it.ok ? 0 : 1), () => process.exit(1))"]
STOPSIGNAL SIGTERM
CMD ["node", "dist/cli.js", "serve"]
