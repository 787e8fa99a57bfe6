// result: c 00000 0.5 11111 0.5
OPENQASM 3;
include "stdgates.inc";
const uint n = 5;
qubit[n] q;
bit[n] c;
reset q;
h q[0];
for uint i in [0:n - 2] {
  cx q[i], q[i + 1];
}
barrier q;
c = measure q;
