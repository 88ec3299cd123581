# SPDX-License-Identifier: MIT
#
# Makes the table of kernel/symbols.h out of `nm -n`: one row a function, and a last one where the code ends.

BEGIN {
    print "#include \"symbols.h\"\n"
    print "const struct symbol kernel_symbols[] __attribute__((section(\".ksyms\"))) = {"
}

$2 ~ /^[tT]$/ && $3 !~ /^[.$]|^_text_end$/ {
    name = $3
    sub(/\..*/, "", name) # a part that the compiler split off counts as its function
    if ($1 "" == last "") next # as text: 0408e90 would be a number to awk
    last = $1
    print "    { 0x" $1 "ul, \"" name "\" },"
    rows++
}

# The code ends where the linker script says so, or else where the first constants or data begin.
$3 == "_text_end" { end = $1 }
$2 ~ /^[rRdDbB]$/ && rows && !end && $1 "" > last "" { end = $1 }

END {
    if (end) { print "    { 0x" end "ul, 0 },"; rows++ }
    print "};\n\nconst size_t kernel_symbol_count __attribute__((section(\".ksyms\"))) = " rows + 0 ";"
}
