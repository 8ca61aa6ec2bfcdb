#!/bin/sh
# Runs the test programs named as arguments: exit code 0 passed, 77 skipped (the last line says why), else failed.
passed=0 failed=0 skipped=0
for program in "$@"; do
  name=$(basename "$program")
  output=$(timeout 120 "$program" 2>&1)
  case $? in
    0) passed=$((passed + 1)); echo "ok   $name" ;;
    77) skipped=$((skipped + 1)); echo "skip $name: $(echo "$output" | tail -n 1)" ;;
    *) failed=$((failed + 1)); echo "FAIL $name"; echo "$output" | sed 's/^/     /' ;;
  esac
done
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed -eq 0 ]
