// Two states of overlap 1/2 agree with probability 3/4.
// result: c 0 0.75 1 0.25
OPENQASM 3.0;
include "stdgates.inc";
qubit q0;
qubit[2] q;
bit c;
pow(1 / 2) @ x q[0];
box {
  h q0;
  ctrl @ swap q0, q[0], q[1];
  h q0;
}
c = measure q0;
