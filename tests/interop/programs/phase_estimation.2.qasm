// The eighth of a turn that T makes, in three bits.
// result: c 001 1.0
OPENQASM 2.0;
include "qelib1.inc";
qreg q[3];
qreg eigen[1];
creg c[3];
x eigen[0];
h q;
cu1(pi/4) q[2], eigen[0];
cu1(pi/2) q[1], eigen[0];
cu1(pi) q[0], eigen[0];
barrier q, eigen;
h q[0];
cu1(-pi/2) q[0], q[1];
h q[1];
cu1(-pi/4) q[0], q[2];
cu1(-pi/2) q[1], q[2];
h q[2];
measure q[0] -> c[2];
measure q[1] -> c[1];
measure q[2] -> c[0];
