/** What a first project's steps run with, every version pinned. Written by scripts/lock-python.mjs. */
export const REQUIREMENTS = `# Every version is pinned: what is made from this file is the same tomorrow. To change it, list what you want in
# requirements.in, then: uv pip compile --universal requirements.in -o requirements.txt
annotated-doc==0.0.6 ; python_full_version < '3.11'
annotated-doc==0.0.7 ; python_full_version >= '3.11'
annotated-types==0.8.0
anyio==4.16.0
cachetools==7.3.2
certifi==2026.10.18
cffi==2.1.1 ; platform_python_implementation != 'PyPy'
charset-normalizer==3.5.2
click==8.5.1
cloudpickle==3.1.2
cryptography==50.0.2
databricks-sdk==0.156.0
exceptiongroup==1.3.1 ; python_full_version < '3.11'
fastapi==0.162.5 ; python_full_version < '3.11'
fastapi==0.165.0 ; python_full_version >= '3.11'
gitdb==4.0.12
gitpython==3.2.1
google-auth==2.62.2
h11==0.16.0
idna==3.20
importlib-metadata==9.0.1 ; python_full_version < '3.11'
importlib-metadata==9.1.0 ; python_full_version >= '3.11'
joblib==1.6.0
mlflow-skinny==3.17.2
narwhals==2.29.0 ; python_full_version >= '3.11'
numpy==2.2.6 ; python_full_version < '3.11'
numpy==2.4.6 ; python_full_version == '3.11.*'
numpy==2.5.5 ; python_full_version >= '3.12'
opentelemetry-api==1.45.2
opentelemetry-proto==1.45.2
opentelemetry-sdk==1.45.2
opentelemetry-semantic-conventions==0.66b2
packaging==26.3
pandas==2.3.3
protobuf==6.33.6
pyarrow==25.0.1
pyasn1==0.6.5
pyasn1-modules==0.4.2
pycparser==3.11 ; python_full_version < '3.11' and implementation_name != 'PyPy' and platform_python_implementation != 'PyPy'
pycparser==3.12 ; python_full_version >= '3.11' and implementation_name != 'PyPy' and platform_python_implementation != 'PyPy'
pydantic==2.14.3
pydantic-core==2.50.4
python-dateutil==3.0.0 ; python_full_version < '3.11'
python-dateutil==4.0.0 ; python_full_version >= '3.11'
python-dotenv==1.2.4
pytz==2026.6
pyyaml==6.0.3
requests==2.34.2
scikit-learn==1.7.2 ; python_full_version < '3.11'
scikit-learn==1.9.1 ; python_full_version >= '3.11'
scipy==1.15.3 ; python_full_version < '3.11'
scipy==1.17.1 ; python_full_version == '3.11.*'
scipy==1.18.1 ; python_full_version >= '3.12'
six==1.17.0 ; python_full_version < '3.11'
smmap==5.0.3
sqlparse==0.6.1
starlette==1.7.0 ; python_full_version < '3.11'
starlette==1.10.0 ; python_full_version >= '3.11'
threadpoolctl==3.8.0
typing-extensions==4.16.0
typing-inspection==0.4.5
tzdata==2026.6
urllib3==2.8.0
uvicorn==0.54.0
zipp==4.1.2
`;
