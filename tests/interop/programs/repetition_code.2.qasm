// A flip of the first qubit is found by two parities and mended; the others are left alone.
// result: syn 10 1.0
// result: c 111 1.0
OPENQASM 2.0;
include "qelib1.inc";
qreg q[3];
qreg a[2];
creg syn[2];
creg c[3];
x q;
x q[0];
barrier q;
cx q[0], a[0];
cx q[1], a[0];
cx q[1], a[1];
cx q[2], a[1];
measure a -> syn;
if (syn != 0) x q[0];
measure q -> c;
