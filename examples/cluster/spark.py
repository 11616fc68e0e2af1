"""Many repositories on Spark: each task scans some of them, and the findings come back as rows.

    spark-submit spark.py LIST OUT        LIST holds a folder a line, on a file system that all nodes see

The unit is a repository here and not a shard, so that Spark itself spreads the work. Give a key that all nodes can read, or
each repository names its secrets in its own way.
"""
import sys

from pyspark.sql import SparkSession

spark = SparkSession.builder.appName("telltale").getOrCreate()
folders = spark.sparkContext.textFile(sys.argv[1], minPartitions=256)
# Findings are no failure of the task, nor is a file that could not be read: exit code 3, told in the log of the executor.
scan = """sh -c 'while read -r folder; do
  telltale scan -q "$folder" --fail-on never --id-key /shared/ids.key --format json || [ $? -eq 3 ] || exit 1
done'"""
found = folders.pipe(scan, checkCode=True)
spark.read.json(found).write.parquet(sys.argv[2])
