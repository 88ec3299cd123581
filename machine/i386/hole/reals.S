/* SPDX-License-Identifier: MIT
 *
 * From numbers with a point to whole ones and back, of 64 bits, which the kernel has no need of and a learner's code may have.
 * The names are the compiler's. The argument lies above the return address, the result in edx:eax or in st(0).
 */
        .set    CUT_OFF, 0x0c                   /* in the control word: C does not round */
        .set    TWO_TO_63, 0x5f000000           /* as numbers of 32 bits with a point */
        .set    TWO_TO_64, 0x5f800000

        .macro  entry name, load
        .globl  \name
        .type   \name, @function
\name:  \load   4(%esp)
        .endm

        .text
        entry   __fixdfdi, fldl
        jmp     cut
        entry   __fixsfdi, flds
        jmp     cut
        entry   __fixxfdi, fldt
cut:    sub     $12, %esp
        fnstcw  8(%esp)
        movw    8(%esp), %ax
        orb     $CUT_OFF, %ah
        movw    %ax, 10(%esp)
        fldcw   10(%esp)
        fistpll (%esp)
        fldcw   8(%esp)
        pop     %eax
        pop     %edx
        pop     %ecx
        ret

/* What the sign's bit is worth is taken away before, and given back behind. */
        entry   __fixunsdfdi, fldl
        jmp     cut_unsigned
        entry   __fixunssfdi, flds
        jmp     cut_unsigned
        entry   __fixunsxfdi, fldt
cut_unsigned:
        push    $TWO_TO_63
        fcoms   (%esp)
        fnstsw  %ax
        sahf
        jae     1f
        pop     %ecx
        jmp     cut
1:      fsubs   (%esp)
        pop     %ecx
        call    cut
        xor     $0x80000000, %edx
        ret

        entry   __floatundidf, fildll
        jmp     above_zero
        entry   __floatundisf, fildll
        jmp     above_zero
        entry   __floatundixf, fildll
above_zero:
        cmpl    $0, 8(%esp)
        jge     1f
        push    $TWO_TO_64
        fadds   (%esp)
        pop     %ecx
1:      ret

        .section .note.GNU-stack, "", @progbits
