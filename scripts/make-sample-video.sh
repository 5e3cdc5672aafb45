#!/bin/sh
# Makes src/simulator/sample.mp4, the video every simulated result is built from: three seconds of H.264
# with AAC, its index in front (so that it plays while it loads), small enough to be committed.
# The comment is a placeholder of fixed length: src/simulator/result-file.ts writes each result's own mark
# over it, in place, so no offset in the file moves. Change both together.
# Needs ffmpeg (Debian: apt-get install ffmpeg). The output is byte for byte the same with the same ffmpeg.
set -eu

target="${1:-$(dirname "$0")/../src/simulator/sample.mp4}"
placeholder='kie-batch-simulator:00000000000000000000000000000000'

ffmpeg -hide_banner -loglevel error -y \
  -f lavfi -i 'testsrc2=size=320x180:rate=24:duration=3' \
  -f lavfi -i 'sine=frequency=330:sample_rate=44100:duration=3' \
  -c:v libx264 -preset veryslow -crf 34 -pix_fmt yuv420p -profile:v main -threads 1 \
  -c:a aac -b:a 24k -ac 1 \
  -shortest -map_metadata -1 -metadata comment="$placeholder" \
  -fflags +bitexact -flags:v +bitexact -flags:a +bitexact \
  -movflags +faststart "$target"

size_bytes=$(wc -c < "$target")
if [ "$size_bytes" -ge 60000 ]; then
  echo "$target has $size_bytes bytes; keep it under 60000" >&2
  exit 1
fi
grep -qa "$placeholder" "$target" || { echo "$target lacks the placeholder comment" >&2; exit 1; }
