#version 330 core
// Which triangle is nearest in each sample: row of the triangle table, plus 1.
uniform uint u_first;
out uint out_id;

void main() {
    out_id = u_first + uint(gl_PrimitiveID);
}
