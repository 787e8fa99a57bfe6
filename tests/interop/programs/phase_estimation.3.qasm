// The eighth of a turn that T makes, in three bits.
// result: c 001 1.0
OPENQASM 3.0;
include "stdgates.inc";
qubit[3] q;
qubit eigen;
bit[3] c;
x eigen;
h q;
for uint i in [0:2] { ctrl @ pow(2 ** (2 - i)) @ t q[i], eigen; }
for uint i in [0:2] {
  for uint j in [0:i - 1] { inv @ cp(pi / 2 ** (i - j)) q[j], q[i]; }
  h q[i];
}
swap q[0], q[2];
c = measure q;
