# Builds .build/fuzz/fuzz; sourced by Tests/fuzz.sh in the root of the checkout.
#
# By hand, because SwiftPM cannot build a program whose `main` is libFuzzer's, and so that the parsers alone are built with
# sanitizers: a few modules instead of all.
build=.build/fuzz
mkdir -p "$build"
sanitizers=-sanitize=fuzzer,address
clang=$(dirname "$(readlink -f "$(command -v swiftc)")")/clang
maps=""

# c_module NAME: the C files of a target, and a map by which Swift imports them.
c_module() {
  maps="$maps -Xcc -fmodule-map-file=$PWD/$build/$1.modulemap"
  printf 'module %s { umbrella "%s/Sources/%s/include" export * module * { export * } }\n' "$1" "$PWD" "$1" \
    >"$build/$1.modulemap"
  for file in Sources/"$1"/*.c; do
    object="$build/$1-$(basename "$file").o"
    [ "$object" -nt "$file" ] || "$clang" -O1 -g -fsanitize=fuzzer-no-link,address -ISources/"$1"/include -c "$file" -o "$object"
  done
}

# swift_module NAME: the object and the interface of a target, anew when a file of it has changed.
swift_module() {
  [ -n "$(find "$build/$1.o" -newer "$build/.flags" 2>/dev/null)" ] \
    && [ -z "$(find Sources/"$1" -newer "$build/$1.o" -name '*.swift')" ] && return
  echo "building $1" >&2
  swiftc -O -g -wmo -parse-as-library -swift-version 6 -warnings-as-errors -package-name scispool "$sanitizers" $maps -I "$build" \
    -I Sources/CLinux -module-name "$1" -emit-module -emit-module-path "$build/$1.swiftmodule" \
    -c $(find Sources/"$1" -name '*.swift') -o "$build/$1.o"
}

[ -e "$build/.flags" ] || touch "$build/.flags"
for module in Kernels CPNG CJPEG; do c_module "$module"; done
for module in Threads Tensors Checkpoints Images Tokenizers Jobs; do swift_module "$module"; done
if [ -n "$(find Tests/Fuzzing "$build"/*.o -newer "$build/fuzz" 2>/dev/null)" ] || [ ! -x "$build/fuzz" ]; then
  swiftc -O -g -wmo -parse-as-library -swift-version 6 -warnings-as-errors -package-name scispool "$sanitizers" $maps \
    -I "$build" -I Tests/Fuzzing/CFuzzer -I Sources/CLinux -module-name Fuzzing \
    -c $(find Tests/Fuzzing -name '*.swift') -o "$build/Fuzzing.o"
  swiftc "$sanitizers" -use-ld=lld "$build"/*.o -lpng16 -ljpeg -lm -o "$build/fuzz"
fi
