// Semiclassical: one qubit is read, the next turned by what was seen. The state is the transform of 101.
// result: c_0 1 1.0
// result: c_1 0 1.0
// result: c_2 1 1.0
OPENQASM 3.0;
include "stdgates.inc";
qubit[3] q;
bit[3] c;
h q;
for uint i in {0, 1, 2} { p(5 * pi / 2 ** i) q[i]; }
for int i in [0:2] {
  for int j in [0:i - 1] {
    if (c[j]) { p(-pi / 2 ** (i - j)) q[i]; }
  }
  h q[i];
  c[i] = measure q[i];
}
