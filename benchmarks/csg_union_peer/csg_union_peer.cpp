// The peer of benchmarks/surface.py: the union of a medial mesh's envelopes as the paper makes it,
// one level set a primitive, united one after the other by OpenVDB's csgUnion, then meshed.
//
//   g++ -O3 -march=native -std=c++17 csg_union_peer.cpp -o csg_union_peer -lopenvdb -ltbb
//   csg_union_peer INPUT VOXEL analytic|mesh REPEATS
//
// Debian: apt install g++ libopenvdb-dev libtbb-dev libimath-dev libboost-dev. Prints one JSON object:
// CPU and wall milliseconds of each repeat, and what the mesh is like. INPUT is written by
// benchmarks/union_peer.py, which says what it holds.
#include <openvdb/openvdb.h>
#include <openvdb/tools/Composite.h>
#include <openvdb/tools/MeshToVolume.h>
#include <openvdb/tools/SignedFloodFill.h>
#include <openvdb/tools/VolumeToMesh.h>
#include <tbb/global_control.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <stdexcept>
#include <string>
#include <vector>

using openvdb::Coord;
using openvdb::FloatGrid;
using openvdb::Vec3d;
using openvdb::Vec3I;
using openvdb::Vec3s;
using openvdb::Vec4I;

namespace {

constexpr float kHalfWidth = 3.0f;  // of the narrow band, in voxels: OpenVDB's convention

struct Sphere {
  Vec3d center;
  double radius;
};

// One, two or three spheres (an index is repeated where there are fewer), and its hull's mesh.
struct Primitive {
  int32_t spheres[3];
  int32_t firstVertex, vertices, firstTriangle, triangles;
};

struct Input {
  std::vector<Sphere> spheres;
  std::vector<Primitive> primitives;
  std::vector<Vec3s> vertices;
  std::vector<Vec3I> triangles;  // indices within the primitive
};

template <typename T>
std::vector<T> readRows(FILE* file, int32_t count) {
  std::vector<T> rows(count);
  if (fread(rows.data(), sizeof(T), count, file) != size_t(count)) throw std::runtime_error("short input");
  return rows;
}

Input readInput(const char* path) {
  FILE* file = fopen(path, "rb");
  if (!file) throw std::runtime_error(std::string("cannot open ") + path);
  const auto counts = readRows<int32_t>(file, 4);
  Input input;
  input.spheres = readRows<Sphere>(file, counts[0]);
  input.primitives = readRows<Primitive>(file, counts[1]);
  input.vertices = readRows<Vec3s>(file, counts[2]);
  input.triangles = readRows<Vec3I>(file, counts[3]);
  fclose(file);
  return input;
}

// The hull of two spheres: an axis that the surface leans to by a constant angle.
struct Cone {
  Vec3d start, axis;
  double length, radius, slope, shear;

  Cone(const Sphere& one, const Sphere& two) : start(one.center), axis(1, 0, 0), length(0), radius(one.radius), slope(0), shear(0) {
    const Vec3d step = two.center - one.center;
    const double distance = step.length(), shrink = one.radius - two.radius;
    if (distance <= std::abs(shrink)) {  // the bigger sphere holds the other
      if (shrink < 0) { start = two.center; radius = two.radius; }
      return;
    }
    axis = step / distance;
    length = distance;
    slope = shrink / distance;
    shear = slope / std::sqrt(1 - slope * slope);
  }

  double distance(const Vec3d& point) const {
    const Vec3d offset = point - start;
    const double along = offset.dot(axis);
    const double away = std::sqrt(std::max(0.0, offset.lengthSqr() - along * along));
    const double foot = std::min(std::max(along - shear * away, 0.0), length);
    return std::hypot(along - foot, away) - radius + slope * foot;
  }
};

// The hull of up to three spheres: the planes that touch them where the foot lies between, else cones.
class Envelope {
 public:
  Envelope(const Input& input, const Primitive& primitive) {
    const Sphere& a = input.spheres[primitive.spheres[0]];
    const Sphere& b = input.spheres[primitive.spheres[1]];
    const Sphere& c = input.spheres[primitive.spheres[2]];
    if (primitive.spheres[1] == primitive.spheres[2]) {
      cones_ = {Cone(a, b)};
      return;
    }
    cones_ = {Cone(a, b), Cone(b, c), Cone(c, a)};
    const Vec3d one = b.center - a.center, two = c.center - a.center;
    normal_ = one.cross(two);
    const double area = normal_.length();
    if (area <= 1e-12) return;
    normal_ /= area;
    side1_ = two.cross(normal_) / area;
    side2_ = normal_.cross(one) / area;
    tilt_ = side1_ * (a.radius - b.radius) + side2_ * (a.radius - c.radius);
    const double steep = tilt_.lengthSqr();
    if (steep >= 1 - 1e-9) return;
    flat_ = true;
    lift_ = std::sqrt(1 - steep);
    lean1_ = side1_.dot(tilt_) / lift_;
    lean2_ = side2_.dot(tilt_) / lift_;
    origin_ = a.center;
    radius_ = a.radius;
  }

  double distance(const Vec3d& point) const {
    if (flat_) {
      const Vec3d offset = point - origin_;
      const double height = std::abs(normal_.dot(offset));
      const double b1 = side1_.dot(offset) - lean1_ * height, b2 = side2_.dot(offset) - lean2_ * height;
      if (b1 >= 0 && b2 >= 0 && b1 + b2 <= 1) return tilt_.dot(offset) + lift_ * height - radius_;
    }
    double nearest = cones_[0].distance(point);
    for (size_t i = 1; i < cones_.size(); ++i) nearest = std::min(nearest, cones_[i].distance(point));
    return nearest;
  }

 private:
  std::vector<Cone> cones_;
  bool flat_ = false;
  Vec3d origin_, normal_, side1_, side2_, tilt_;
  double lean1_ = 0, lean2_ = 0, lift_ = 1, radius_ = 0;
};

// The level set of one primitive from its exact distance: only leaves that the band can reach.
FloatGrid::Ptr analyticLevelSet(const Input& input, const Primitive& primitive, double voxel) {
  const float width = kHalfWidth * float(voxel);
  auto grid = openvdb::createLevelSet<FloatGrid>(voxel, kHalfWidth);
  Vec3d low(1e9), high(-1e9);
  for (int index : primitive.spheres) {
    const Sphere& sphere = input.spheres[index];
    low = openvdb::math::minComponent(low, sphere.center - Vec3d(sphere.radius + width));
    high = openvdb::math::maxComponent(high, sphere.center + Vec3d(sphere.radius + width));
  }
  const Envelope envelope(input, primitive);
  const Coord first(int(std::floor(low[0] / voxel)) & ~7, int(std::floor(low[1] / voxel)) & ~7, int(std::floor(low[2] / voxel)) & ~7);
  const double reach = std::sqrt(3.0) * 3.5 * voxel + width;
  for (int x = first[0]; x * voxel <= high[0]; x += 8)
    for (int y = first[1]; y * voxel <= high[1]; y += 8)
      for (int z = first[2]; z * voxel <= high[2]; z += 8) {
        if (std::abs(envelope.distance(Vec3d(x + 3.5, y + 3.5, z + 3.5) * voxel)) > reach) continue;
        auto* leaf = grid->tree().touchLeaf(Coord(x, y, z));
        for (openvdb::Index i = 0; i < 512; ++i) {
          const float value = float(envelope.distance(leaf->offsetToGlobalCoord(i).asVec3d() * voxel));
          if (std::abs(value) < width) leaf->setValueOn(i, value);
          else leaf->setValueOff(i, value > 0 ? width : -width);
        }
      }
  openvdb::tools::signedFloodFill(grid->tree(), false);
  return grid;
}

FloatGrid::Ptr meshLevelSet(const Input& input, const Primitive& primitive, double voxel) {
  const auto vertices = input.vertices.begin() + primitive.firstVertex;
  const auto triangles = input.triangles.begin() + primitive.firstTriangle;
  const auto transform = openvdb::math::Transform::createLinearTransform(voxel);
  return openvdb::tools::meshToLevelSet<FloatGrid>(
      *transform, std::vector<Vec3s>(vertices, vertices + primitive.vertices),
      std::vector<Vec3I>(triangles, triangles + primitive.triangles), kHalfWidth);
}

double cpuMilliseconds() {
  timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return 1e3 * double(now.tv_sec) + 1e-6 * double(now.tv_nsec);
}

double wallMilliseconds() {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// Above 0 when wound outwards; OpenVDB winds inwards.
double enclosedVolume(const std::vector<Vec3s>& points, const std::vector<Vec4I>& quads) {
  double volume = 0;
  for (const Vec4I& q : quads) {
    const Vec3d a(points[q[0]]), b(points[q[1]]), c(points[q[2]]), d(points[q[3]]);
    volume -= (a.dot(b.cross(c)) + a.dot(c.cross(d))) / 6;
  }
  return volume;
}

void printList(const char* name, const std::vector<double>& values) {
  printf("\"%s\": [", name);
  for (size_t i = 0; i < values.size(); ++i) printf("%s%.3f", i ? ", " : "", values[i]);
  printf("], ");
}

int run(int count, char** arguments) {
  if (count != 5) throw std::runtime_error("usage: csg_union_peer INPUT VOXEL analytic|mesh REPEATS");
  const Input input = readInput(arguments[1]);
  const double voxel = atof(arguments[2]);
  const bool meshes = std::string(arguments[3]) == "mesh";
  const int repeats = atoi(arguments[4]);
  // As the routes that it is compared with: idle threads of a pool would count as CPU time.
  tbb::global_control oneThread(tbb::global_control::max_allowed_parallelism, 1);
  openvdb::initialize();
  std::vector<double> cpu, wall;
  std::vector<Vec3s> points;
  std::vector<Vec4I> quads;
  for (int turn = 0; turn < repeats; ++turn) {
    const double cpuBefore = cpuMilliseconds(), wallBefore = wallMilliseconds();
    FloatGrid::Ptr united;
    for (const Primitive& primitive : input.primitives) {
      auto grid = meshes ? meshLevelSet(input, primitive, voxel) : analyticLevelSet(input, primitive, voxel);
      if (united) openvdb::tools::csgUnion(*united, *grid);
      else united = grid;
    }
    points.clear();
    quads.clear();
    openvdb::tools::volumeToMesh(*united, points, quads, 0.0);
    cpu.push_back(cpuMilliseconds() - cpuBefore);
    wall.push_back(wallMilliseconds() - wallBefore);
  }
  printf("{");
  printList("cpu", cpu);
  printList("wall", wall);
  printf("\"quads\": %zu, \"volume\": %.9g}\n", quads.size(), enclosedVolume(points, quads));
  return 0;
}

}  // namespace

int main(int count, char** arguments) {
  try {
    return run(count, arguments);
  } catch (const std::exception& error) {
    fprintf(stderr, "csg_union_peer: %s\n", error.what());
    return 2;
  }
}
