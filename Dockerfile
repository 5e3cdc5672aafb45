# A small image that runs any command of kie-batch, never as root.
#   docker build -t kie-batch .        docker run --rm kie-batch --help
ARG NODE_IMAGE=node:24-bookworm-slim
ARG BASE_IMAGE=debian:bookworm-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY tsconfig.json tsconfig.build.json ./
COPY scripts scripts
COPY src src
# Source maps, types and the modules that only bundlers use are never loaded at run time.
RUN npm run build && npm prune --omit=dev --ignore-scripts \
 && find node_modules -type f \( -name '*.map' -o -name '*.d.ts' -o -name '*.d.cts' -o -name '*.d.mts' -o -name '*.md' \) -delete \
 && find node_modules/@aws-sdk node_modules/@smithy -type d \( -name dist-types -o -name dist-es \) -prune -exec rm -r {} + \
 && cp "$(command -v node)" /build/node

FROM ${BASE_IMAGE}
# Everything that is written at run time is below these two; a new volume takes over their owner.
RUN groupadd --gid 1000 node && useradd --uid 1000 --gid node --create-home node \
 && mkdir /data /videos && chown node:node /data /videos \
 && ln -s /app/bin/kie-batch.cjs /usr/local/bin/kie-batch
ENV NODE_ENV=production DATA_DIR=/data STORAGE_URL=file:/videos
WORKDIR /app
COPY --from=build /build/node /usr/local/bin/node
COPY --from=build /build/package.json ./
COPY --from=build /build/node_modules node_modules
COPY --from=build /build/dist dist
COPY bin bin
COPY examples examples
USER node
VOLUME ["/data", "/videos"]
ENTRYPOINT ["kie-batch"]
CMD ["worker"]
