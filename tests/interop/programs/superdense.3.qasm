// As a compiler sends it: physical qubits, and nothing but U and CZ.
// result: c 10 1.0
OPENQASM 3.0;
include "stdgates.inc";
bit[2] c;
U(pi / 2, 0, pi) $0;
U(pi / 2, 0, pi) $1;
cz $0, $1;
U(pi / 2, 0, pi) $1;
delay[40ns] $0;
U(0, 0, pi) $0;
U(pi / 2, 0, pi) $1;
cz $0, $1;
U(pi / 2, 0, pi) $1;
U(pi / 2, 0, pi) $0;
c[0] = measure $0;
c[1] = measure $1;
