#!/bin/sh
# Makes src/simulator/samples: a result of each kind beside MP4, a second long at most and a few kB small.
# Needs ffmpeg with libx264, libvpx, libwebp and libmp3lame (Debian: apt-get install ffmpeg).
set -eu

cd "$(dirname "$0")/../src/simulator/samples"
picture='testsrc=d=1:s=64x64:r=5'
make() { ffmpeg -hide_banner -loglevel error -y -bitexact -f lavfi -i "$@"; }

make "$picture" -pix_fmt yuv420p -c:v libx264 -crf 40 -fflags +bitexact -flags:v +bitexact sample.mov
make "$picture" -pix_fmt yuv420p -c:v libx264 -crf 40 -fflags +bitexact sample.mkv
make "$picture" -c:v libvpx -crf 50 -b:v 20k -fflags +bitexact sample.webm
make "$picture" sample.gif
make "$picture" -frames:v 1 sample.png
make "$picture" -frames:v 1 -q:v 10 sample.jpg
make "$picture" -frames:v 1 -c:v libwebp -q:v 30 sample.webp
make 'sine=f=440:d=1:r=22050' -b:a 24k sample.mp3
make 'sine=f=440:d=0.2:r=8000' sample.wav
