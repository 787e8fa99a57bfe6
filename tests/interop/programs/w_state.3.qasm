// result: c 001 0.3333333333333333 010 0.3333333333333333 100 0.3333333333333333
OPENQASM 3.0;
include "stdgates.inc";
gate share(a) p, r { cry(a) p, r; cx r, p; }
qubit[3] q;
x q[0];
share(2 * arccos(sqrt(1 / 3))) q[0], q[1];
share(pi / 2) q[1], q[2];
bit[3] c = measure q;
