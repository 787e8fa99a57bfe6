// Semiclassical: one qubit is read, the next turned by what was seen. The state is the transform of 101.
// result: c0 1 1.0
// result: c1 0 1.0
// result: c2 1 1.0
OPENQASM 2.0;
include "qelib1.inc";
qreg q[3];
creg c0[1];
creg c1[1];
creg c2[1];
h q;
u1(5*pi) q[0];
u1(5*pi/2) q[1];
u1(5*pi/4) q[2];
h q[0];
measure q[0] -> c0[0];
if (c0 == 1) u1(-pi/2) q[1];
h q[1];
measure q[1] -> c1[0];
if (c0 == 1) u1(-pi/4) q[2];
if (c1 == 1) u1(-pi/2) q[2];
h q[2];
measure q[2] -> c2[0];
