// result: c 00 0.5 11 0.5
OPENQASM 3.0;
include "stdgates.inc";
qubit[2] q;
U(π/2, 0, π) q[0];
ctrl @ U(π, 0, π) q[0], q[1];
bit[2] c = measure q;
