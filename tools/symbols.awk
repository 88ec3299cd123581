# SPDX-License-Identifier: MIT
#
# Makes the table of kernel/base/symbols.h out of `nm -n`: for each function its length and its name, packed. The name is
# packed by pairs: the two codes that most often stand side by side become one new code, again and again (Gage, "A new
# algorithm for data compression", 1994). Letters are codes below 128, so that 128 pairs find room in a byte.

BEGIN {
    LONGEST = 63 # as kernel/base/symbols.c has room for
    FIRST_PAIR = 128
    for (i = 1; i < 128; i++)
        code_of[sprintf("%c", i)] = i
    for (i = 0; i < 16; i++)
        digit_of[substr("0123456789abcdef", i + 1, 1)] = i
}

function number(hex,    value, i) {
    for (i = 1; i <= length(hex); i++)
        value = value * 16 + digit_of[substr(hex, i, 1)]
    return value
}

$2 ~ /^[tT]$/ && $3 !~ /^[.$]|^_text_end$/ {
    name = $3
    sub(/\..*/, "", name) # a part that the compiler split off counts as its function
    if ($1 "" == last "") next # as text: 0408e90 would be a number to awk
    last = $1
    address[++rows] = number($1)
    names[rows] = substr(name, 1, LONGEST)
}

# The code ends where the linker script says so, or else where the first constants or data begin.
$3 == "_text_end" { end = $1 }
$2 ~ /^[rRdDbB]$/ && rows && !end && $1 "" > last "" { end = $1 }

# All names behind one another, each with a 0 at its end.
function spell(    i, j) {
    for (i = 1; i <= rows; i++) {
        for (j = 1; j <= length(names[i]); j++)
            code[++codes] = code_of[substr(names[i], j, 1)]
        code[++codes] = 0
    }
}

# The pair that is seen most often; of several the one that comes first as text, whatever order awk goes in.
function commonest_pair(    i, pair, seen, best) {
    for (i = 1; i < codes; i++)
        if (code[i] && code[i + 1])
            seen[code[i] ", " code[i + 1]]++
    for (pair in seen)
        if (seen[pair] > seen[best] || (seen[pair] == seen[best] && pair < best))
            best = pair
    return seen[best] > 2 ? best : "" # its row costs two bytes
}

function replace(pair, by,    i, to) {
    for (i = 1; i <= codes; i++)
        if (i < codes && code[i] ", " code[i + 1] == pair) {
            code[++to] = by
            i++
        } else
            code[++to] = code[i]
    codes = to
}

function pack(    pair) {
    while (pairs < FIRST_PAIR && (pair = commonest_pair()) != "") {
        print "    { " pair " },"
        replace(pair, FIRST_PAIR + pairs++)
    }
    if (!pairs) print "    { 0, 0 },"
}

# Seven bits a byte, the lowest first; the highest bit says that more follow.
function print_length(value) {
    for (; value >= 128; value = int(value / 128))
        printf "%d, ", 128 + value % 128
    printf "%d, ", value
}

END {
    address[rows + 1] = end ? number(end) : address[rows]
    print "#include \"base/symbols.h\"\n"
    spell()
    print "const unsigned char kernel_symbol_pairs[][2] __attribute__((section(\".ksyms\"))) = {"
    pack()
    print "};\n\nconst unsigned char kernel_symbols[] __attribute__((section(\".ksyms\"))) = {"
    for (i = at = 1; i <= rows; i++) {
        printf "    "
        print_length(address[i + 1] - address[i])
        for (; code[at]; at++)
            printf "%d, ", code[at]
        at++
        print "0, /* " names[i] " */"
    }
    print "    0,\n};"
    printf "\nconst uintptr_t kernel_symbols_start __attribute__((section(\".ksyms\"))) = %.0f;\n", address[1]
}
