# A worker (or any other command of kie-batch) in a small image that does not run as root.
#   docker build -t kie-batch .        docker run --rm kie-batch --help

FROM node:24-bookworm-slim AS build
WORKDIR /build
COPY package.json package-lock.json ./
RUN npm ci
COPY tsconfig.json tsconfig.build.json ./
COPY scripts scripts
COPY src src
RUN npm run build && npm prune --omit=dev

FROM node:24-bookworm-slim
# Everything that is written at run time lies in these two; a volume takes over their owner.
RUN mkdir /data /videos && chown node:node /data /videos
ENV NODE_ENV=production DATA_DIR=/data STORAGE_URL=file:/videos
WORKDIR /app
COPY --from=build /build/package.json ./
COPY --from=build /build/node_modules node_modules
COPY --from=build /build/dist dist
COPY examples examples
USER node
VOLUME ["/data", "/videos"]
ENTRYPOINT ["node", "/app/dist/cli/main.js"]
CMD ["worker"]
