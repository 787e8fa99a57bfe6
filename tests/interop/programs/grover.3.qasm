// Two rounds find one item of eight with probability 121/128.
// result: c 000 0.0078125 001 0.0078125 010 0.0078125 011 0.0078125 100 0.0078125 101 0.9453125 110 0.0078125 111 0.0078125
OPENQASM 3.0;
include "stdgates.inc";
qubit[3] q;
h q;
for int round in [1:2] {
  x q[1];
  ctrl(2) @ z q[0], q[1], q[2];
  x q[1];
  h q;
  negctrl(2) @ z q[0], q[1], q[2];
  negctrl(3) @ gphase(pi) q[0], q[1], q[2];
  negctrl(2) @ z q[0], q[1], q[2];
  h q;
}
bit[3] c = measure q;
