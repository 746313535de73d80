/** Ten classes: M. A. Petroff, "Accessible Color Sequences for Data Visualization", 2021. */
export const CLASS_COLORS = [
  ...['#3f90da', '#ffa90e', '#bd1f01', '#94a4a2', '#832db6'],
  ...['#a96b59', '#e76300', '#b9ac70', '#717581', '#92dadd'],
];
