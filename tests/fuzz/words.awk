# SPDX-License-Identifier: MIT
#
# Makes the dictionary of the prompt out of the tables of the kernel: commands, bugs, options, and what one types beside.

BEGIN {
    FS = "\""
    count = split("last all handlers again off timer program every after #1 #2 #3 E04 levels control list interrupts on_fault=report script= on off 4K 0x 0x10004000 0x10004020 " \
                  "0x10004040 0x1000c000 255 0 1 16 4096 18446744073709551615 \\x1b[A \\x1b[B \\x1b[D \\x1b[3~ \\x7f ; \\x0a",
                  more, " ")
    for (i = 1; i <= count; i++) print "\"" more[i] "\""
}

/^    \{ "[a-z_]+", / { print "\"" $2 "\"" }

/^BUG\(/ {
    sub(/^BUG\(/, "")
    sub(/,.*/, "")
    gsub(/_/, "-")
    print "\"" $0 "\""
}
