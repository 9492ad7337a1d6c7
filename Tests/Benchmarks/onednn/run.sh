#!/bin/sh
# Times products by our kernels, OpenBLAS and oneDNN 2.x beside each other, and compares their numbers; prints tables.
#
#   apt-get install gcc libdnnl-dev libopenblas-dev
#   Tests/Benchmarks/onednn/run.sh [--rounds 5] [--long]
#
# --long adds a product with 4608 rows. Takes a quarter of an hour on two quiet cores, with --long half as long again.
# Nothing else of the project needs these libraries.
set -eu
cd "$(dirname "$0")/../../.."

build=$(mktemp -d "${TMPDIR:-/tmp}/scispool-onednn.XXXXXX")
trap 'rm -rf "$build"' EXIT
clang=$(dirname "$(readlink -f "$(command -v swiftc)")")/clang

# The kernels as SwiftPM compiles them in a release build.
for file in Sources/Kernels/*.c; do
  "$clang" -target "$(uname -m)-unknown-linux-gnu" -O2 -DSWIFT_PACKAGE=1 -fblocks -ISources/Kernels/include -fPIC -g \
    -fno-omit-frame-pointer -c "$file" -o "$build/$(basename "$file").o"
done
# GCC's OpenMP, which Debian's oneDNN uses, too: one team of threads for both.
for file in products ours theirs; do
  gcc -std=gnu11 -O2 -ftree-vectorize -march=native -Wall -Wextra -Werror -fopenmp -ISources/Kernels/include \
    -c "Tests/Benchmarks/onednn/$file.c" -o "$build/$file.o"
done
gcc -fopenmp "$build"/*.o -o "$build/products" -ldnnl -lopenblas -lm

grep -m1 'model name' /proc/cpuinfo || true
"$build/products" "$@"
