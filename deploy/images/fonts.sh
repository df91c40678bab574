#!/bin/sh
# Puts the fonts that documents are printed with (shared/fonts.txt, in the order they are tried) beside the code that prints,
# each with its licence (SIL Open Font License 1.1).
#   fonts.sh FOLDER      run where node_modules and shared/fonts.txt are
set -eu
rm -rf "$1" && mkdir -p "$1"
while read -r file; do
  package=${file#@*/}
  cp "node_modules/$file" "$1/${package%%/*}-${file##*/}"
done < shared/fonts.txt
