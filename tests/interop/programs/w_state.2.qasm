// result: c 001 0.3333333333333333 010 0.3333333333333333 100 0.3333333333333333
OPENQASM 2.0;
include "qelib1.inc";
gate share(a) p, r { cry(a) p, r; cx r, p; }
qreg q[3];
creg c[3];
x q[0];
share(1.9106332362490186) q[0], q[1];
share(pi/2) q[1], q[2];
measure q -> c;
