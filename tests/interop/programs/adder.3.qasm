// Cuccaro's ripple-carry adder: 1 + 15 = 16.
// result: ans 00001 1.0
OPENQASM 3.0;
include "stdgates.inc";
gate majority a, b, c {
  cx c, b;
  cx c, a;
  ccx a, b, c;
}
gate unmaj a, b, c {
  ccx a, b, c;
  cx c, a;
  cx a, b;
}
const int[32] size = 4;
const float turn = 2.0;
qubit cin;
qubit[size] a;
qubit[size] b;
qubit cout;
bit[size + 1] ans;
x a[0];
rx(turn * pi / 2) b;
majority cin, b[0], a[0];
for uint i in [0:size - 2] { majority a[i], b[i + 1], a[i + 1]; }
cx a[size - 1], cout;
for uint i in [size - 2:-1:0] { unmaj a[i], b[i + 1], a[i + 1]; }
unmaj cin, b[0], a[0];
ans[0:3] = measure b[0:3];
ans[4] = measure cout;
