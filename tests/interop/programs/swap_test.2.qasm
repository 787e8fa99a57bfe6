// Two states of overlap 1/2 agree with probability 3/4.
// result: c 0 0.75 1 0.25
OPENQASM 2.0;
include "qelib1.inc";
qreg q[3];
creg c[1];
h q[1];
h q[0];
cswap q[0], q[1], q[2];
h q[0];
measure q[0] -> c[0];
