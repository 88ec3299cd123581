; SPDX-License-Identifier: MIT
;
; The three functions of bits in heap/kheap.c, power_of_two, padding and no_gap, for every word of WIDTH bits (make prove puts 32
; and 64 in its place). Each answer must be unsat: there is no counterexample.
(set-logic QF_BV)
(define-sort Word () (_ BitVec WIDTH))
(declare-const a Word)
(declare-const k Word)
(declare-const n Word)
(declare-const align Word)
(define-const zero Word (_ bv0 WIDTH))
(define-const one Word (_ bv1 WIDTH))
(define-const fifteen Word (_ bv15 WIDTH))
(define-fun power_of_two ((x Word)) Bool (and (distinct x zero) (= (bvand x (bvsub x one)) zero)))
(define-fun padding ((address Word) (x Word)) Word (bvand (bvsub zero address) (bvsub x one)))
(define-const gap Word (padding a align))

(push) (echo "each power of two is one")
(assert (and (bvult k (_ bvWIDTH WIDTH)) (= align (bvshl one k)) (not (power_of_two align))))
(check-sat) (pop)

(push) (echo "nothing else is: with one bit set, it is that bit")
(assert (and (bvult k (_ bvWIDTH WIDTH)) (power_of_two align)))
(assert (and (distinct (bvand align (bvshl one k)) zero) (distinct align (bvshl one k))))
(check-sat) (pop)

; From here on, an alignment is a power of two.
(assert (and (bvult k (_ bvWIDTH WIDTH)) (= align (bvshl one k))))

(push) (echo "the padding is less than the alignment")
(assert (not (bvult gap align)))
(check-sat) (pop)

(push) (echo "it leads to a multiple of the alignment")
(assert (distinct (bvshl (bvlshr (bvadd a gap) k) k) (bvadd a gap)))
(check-sat) (pop)

(push) (echo "and from one multiple of 16 to another")
(assert (and (= (bvand a fifteen) zero) (distinct (bvand gap fifteen) zero)))
(check-sat) (pop)

(push) (echo "an address and an alignment that share no bit with what is one less: no gap")
(assert (and (distinct a zero) (= (bvand (bvor a n) (bvsub n one)) zero)))
(assert (not (and (power_of_two n) (= (padding a n) zero))))
(check-sat) (pop)
