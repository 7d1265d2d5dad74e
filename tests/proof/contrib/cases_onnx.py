"""Operators of ai.onnx and ai.onnx.ml that no operator test of the `onnx` package is about."""
import numpy as np
from onnx import TensorProto

from record import Case, Const

RNG = np.random.default_rng(4)
CASES = []


def f(*shape):
    return RNG.standard_normal(shape).astype(np.float32)


def ml(op, variant, inputs, outputs=1, **attributes):
    CASES.append(Case(op, variant, inputs, outputs, domain="ai.onnx.ml", **attributes))


def onnx(op, variant, inputs, outputs=1, **attributes):
    CASES.append(Case(op, variant, inputs, outputs, domain="", **attributes))


# --- ai.onnx.ml
ml("Imputer", "float", [f(2, 3)], imputed_value_floats=[1.0], replaced_value_float=0.0)
ml("Imputer", "int", [np.ones((2, 3), np.int64)], imputed_value_int64s=[1, 2, 3], replaced_value_int64=0)
ml("Scaler", "float", [f(2, 3)], offset=[0.0, 0.0, 0.0], scale=[1.0, 1.0, 1.0])
ml("Scaler", "int", [np.ones((2, 3), np.int64)], offset=[0.0], scale=[1.0])
ml("Normalizer", "plain", [f(2, 3)], norm="L2")
ml("Binarizer", "plain", [f(2, 3)], threshold=0.5)
ml("ArrayFeatureExtractor", "plain", [f(2, 5), np.array([0, 3], np.int64)])
ml("FeatureVectorizer", "two", [f(2, 3), f(2, 4)], inputdimensions=[3, 4])
ml("OneHotEncoder", "ints", [np.array([1, 2, 7], np.int64)], cats_int64s=[1, 2, 3, 4])
ml("OneHotEncoder", "strings", [np.array([["a", "b"]], object)], cats_strings=["a", "b", "c"])
ml("OneHotEncoder", "floats", [f(2, 3)], cats_int64s=[1, 2, 3, 4])
ml("CategoryMapper", "to_int", [np.array(["a", "b"], object)], cats_int64s=[1, 2], cats_strings=["a", "b"])
ml("CategoryMapper", "to_string", [np.array([[1, 2]], np.int64)], cats_int64s=[1, 2], cats_strings=["a", "b"])
ml("LabelEncoder", "floats", [np.array(["a", "b"], object)], keys_strings=["a", "b"], values_floats=[1.0, 2.0])
ml("LabelEncoder", "ints", [f(3)], keys_floats=[1.0, 2.0], values_int64s=[1, 2])
ml("LinearRegressor", "one", [f(4, 3)], coefficients=[1.0, 2.0, 3.0], intercepts=[0.5])
ml("LinearRegressor", "targets", [f(4, 3)], coefficients=[1.0] * 6, targets=2)
ml("LinearClassifier", "ints", [f(4, 3)], 2, coefficients=[1.0] * 6, intercepts=[0.0, 0.0], classlabels_ints=[0, 1])
ml("LinearClassifier", "strings", [f(4, 3)], 2, coefficients=[1.0] * 9, intercepts=[0.0] * 3,
   classlabels_strings=["a", "b", "c"], post_transform="SOFTMAX")
ml("SVMRegressor", "supports", [f(4, 3)], coefficients=[1.0, 2.0], rho=[0.1], kernel_type="RBF",
   kernel_params=[0.5, 0.0, 3.0], n_supports=2, support_vectors=[1.0] * 6)
ml("SVMClassifier", "supports", [f(4, 3)], 2, coefficients=[1.0, -1.0], rho=[0.1], kernel_type="RBF",
   kernel_params=[0.5, 0.0, 3.0], support_vectors=[1.0] * 6, vectors_per_class=[1, 1], classlabels_ints=[0, 1])
ml("SVMClassifier", "three", [f(4, 3)], 2, coefficients=[1.0, -1.0, 1.0, -1.0, 1.0, -1.0], rho=[0.1, 0.2, 0.3],
   kernel_type="RBF", kernel_params=[0.5, 0.0, 3.0], support_vectors=[1.0] * 9, vectors_per_class=[1, 1, 1],
   classlabels_strings=["a", "b", "c"])
TREE = dict(nodes_treeids=[0, 0, 0], nodes_nodeids=[0, 1, 2], nodes_featureids=[0, 0, 0], nodes_values=[0.5, 0.0, 0.0],
            nodes_modes=["BRANCH_LEQ", "LEAF", "LEAF"], nodes_truenodeids=[1, 0, 0], nodes_falsenodeids=[2, 0, 0],
            nodes_hitrates=[1.0, 1.0, 1.0], nodes_missing_value_tracks_true=[0, 0, 0])
ml("TreeEnsembleRegressor", "one", [f(4, 3)], n_targets=1, target_treeids=[0, 0], target_nodeids=[1, 2],
   target_ids=[0, 0], target_weights=[1.0, 2.0], **TREE)
ml("TreeEnsembleRegressor", "two", [f(4, 3)], n_targets=2, target_treeids=[0, 0], target_nodeids=[1, 2],
   target_ids=[0, 1], target_weights=[1.0, 2.0], **TREE)
ml("TreeEnsembleClassifier", "two", [f(4, 3)], 2, class_treeids=[0, 0], class_nodeids=[1, 2], class_ids=[0, 1],
   class_weights=[1.0, 2.0], classlabels_int64s=[0, 1], **TREE)
ml("TreeEnsembleClassifier", "strings", [f(4, 3)], 2, class_treeids=[0, 0], class_nodeids=[1, 2], class_ids=[0, 2],
   class_weights=[1.0, 2.0], classlabels_strings=["a", "b", "c"], **TREE)
# --- ai.onnx
onnx("GlobalLpPool", "plain", [f(2, 3, 4, 5)], p=2)
for op in ("RandomNormal", "RandomUniform"):
    onnx(op, "plain", [], shape=[2, 3], seed=1.0)
    onnx(op, "half", [], shape=[2, 3], dtype=TensorProto.FLOAT16, seed=1.0)
    onnx(op + "Like", "plain", [f(2, 3)], seed=1.0)
    onnx(op + "Like", "double", [f(2, 3)], dtype=TensorProto.DOUBLE, seed=1.0)
onnx("Multinomial", "plain", [f(2, 5)], sample_size=3, seed=1.0)
onnx("Multinomial", "long", [f(2, 5)], sample_size=3, seed=1.0, dtype=TensorProto.INT64)
onnx("ParametricSoftplus", "plain", [f(2, 3)], opset=9, alpha=1.0, beta=1.0)
onnx("Affine", "plain", [f(2, 3)], opset=9, alpha=1.0, beta=1.0)
onnx("ScaledTanh", "plain", [f(2, 3)], opset=9, alpha=1.0, beta=1.0)
onnx("Scale", "plain", [f(2, 3)], opset=9, scale=2.0)
onnx("ImageScaler", "plain", [f(1, 3, 2, 2)], opset=9, scale=2.0, bias=[1.0, 2.0, 3.0])
onnx("Crop", "plain", [f(1, 3, 6, 6)], opset=9, border=[1, 1, 1, 1])
onnx("Crop", "scaled", [f(1, 3, 6, 6)], opset=9, border=[1, 1, 1, 1], scale=[2, 3])
onnx("DynamicSlice", "plain", [f(4, 5), np.array([1], np.int64), np.array([3], np.int64), np.array([0], np.int64)],
     opset=9)
onnx("DynamicSlice", "stored",
     [f(4, 5), Const(np.array([1, 0], np.int64)), Const(np.array([3, 2], np.int64))], opset=9)
onnx("SimplifiedLayerNormalization", "plain", [f(2, 3, 4), Const(f(4))], axis=-1, epsilon=1e-5, types=[1])
onnx("Upsample", "stored", [f(1, 2, 3, 3), Const(np.array([1, 1, 2, 2], np.float32))], opset=9, mode="nearest")
onnx("Scatter", "plain", [f(3, 3), np.array([[0, 1]], np.int64), f(1, 2)], opset=9)
onnx("MaxUnpool", "plain", [f(1, 1, 2, 2), np.array([[[[0, 3], [8, 10]]]], np.int64)], kernel_shape=[2, 2],
     strides=[2, 2])
onnx("MaxRoiPool", "plain", [f(1, 3, 8, 8), np.array([[0, 0, 0, 4, 4]], np.float32)], pooled_shape=[2, 2])
onnx("LRN", "plain", [f(1, 4, 3, 3)], size=3)
onnx("LpPool", "plain", [f(1, 2, 6, 6)], kernel_shape=[2, 2], strides=[2, 2])
onnx("Bernoulli", "plain", [f(2, 3)], seed=1.0)
onnx("EyeLike", "plain", [f(3, 4)], dtype=TensorProto.INT32)
onnx("EfficientNMS_TRT", "plain", [f(2, 100, 4), f(2, 100, 5)], 4, max_output_boxes=20, background_class=-1,
     box_coding=0, iou_threshold=0.5, plugin_version="1", score_activation=0, score_threshold=0.1)
onnx("PyramidROIAlign_TRT", "plain", [f(1, 10, 4)] + [f(1, 8, n, n) for n in (32, 16, 8, 4)], pooled_size=7,
     plugin_version="1")
onnx("MultilevelCropAndResize_TRT", "plain", [f(1, 10, 4)] + [f(1, 8, n, n) for n in (32, 16, 8, 4)], pooled_size=7,
     image_size=[3, 64, 64], plugin_version="1")
onnx("DisentangledAttention_TRT", "plain", [f(4, 8, 8), f(4, 8, 16), f(4, 8, 16)], factor=0.5, span=4)
onnx("MemcpyFromHost", "plain", [f(2, 3)])
onnx("MemcpyToHost", "plain", [f(2, 3)])
onnx("GivenTensorFill", "shape", [], opset=9, shape=[2, 3], values=[1.0] * 6)
onnx("GivenTensorFill", "like", [f(2, 3)], opset=9, values=[1.0] * 6)
onnx("GRUUnit", "plain", [f(2, 3), f(2, 9), f(2), f(1)], opset=9)
onnx("SwiGLU", "plain", [f(2, 3), f(2, 3)], opset=28)
