// Twice the same parities: the second time nothing is wrong.
// result: syn 10 1.0
// result: syn_2 00 1.0
// result: c 111 1.0
OPENQASM 3.0;
include "stdgates.inc";
qubit[3] q;
qubit[2] a;
bit[2] syn;
gate parities x0, x1, x2, a0, a1 { cx x0, a0; cx x1, a0; cx x1, a1; cx x2, a1; }
x q;
x q[0];
parities q[0], q[1], q[2], a[0], a[1];
syn = measure a;
if (syn == "00") { id q[0]; } else { x q[0]; }
reset a;
parities q[0], q[1], q[2], a[0], a[1];
syn = measure a;
if (uint[2](syn) > 0) x q[0];
bit[3] c = measure q;
