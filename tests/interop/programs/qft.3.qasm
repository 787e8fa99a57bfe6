// The transform and its inverse leave the number 1010 as it was.
// result: c 1010 1.0
OPENQASM 3.0;
include "stdgates.inc";
gate fourier a, b, c, d {
  h a;
  cp(pi / 2) b, a;
  cp(pi / 2 ** 2) c, a;
  cp(pi / 2 ** 3) d, a;
  h b;
  cp(pi / 2) c, b;
  cp(pi / 4) d, b;
  h c;
  ctrl @ p(tau / 4) d, c;
  h d;
  swap a, d;
  swap b, c;
}
qubit[4] q;
x q[{0, 2}];
fourier q[0], q[1], q[2], q[3];
inv @ fourier q[0], q[1], q[2], q[3];
bit[4] c;
c = measure q;
